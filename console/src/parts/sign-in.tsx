import { useEffect, useRef, useState } from "preact/hooks";
import { signIn, standing } from "../state/session";
import "./sign-in.css";

/** Asks for a key: at the start, and when the service refuses the one in use. The view stays the same. */
export function SignIn() {
  const [problem, setProblem] = useState<string>();
  const [isAsking, setAsking] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const isExpired = standing.value === "expired";

  useEffect(() => input.current?.focus(), []);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get("token");
    setAsking(true);
    setProblem(await signIn(String(token ?? "")));
    setAsking(false);
  }

  return (
    <main class="sign-in">
      <form class="sign-in-form" onSubmit={(event) => void submit(event)}>
        <h1>Polylog</h1>
        <p>
          {isExpired
            ? "Your key has expired or was revoked. Sign in again to go on where you are."
            : "Sign in with a key that may read events."}
        </p>
        <label class="field">
          <span>Key</span>
          <input
            class="input mono"
            name="token"
            type="password"
            autocomplete="off"
            spellcheck={false}
            ref={input}
            aria-invalid={problem !== undefined}
            aria-describedby="sign-in-problem sign-in-hint"
          />
        </label>
        <p id="sign-in-problem" class="sign-in-problem" role="alert">{problem}</p>
        <button class="button main" disabled={isAsking}>{isAsking ? "Signing in…" : "Sign in"}</button>
        <p id="sign-in-hint" class="quiet">
          The key stays in this tab and is forgotten when you close it. On a laptop, <code>polylog run</code> prints
          one when it starts. In a deployment, ask the person who manages the keys.
        </p>
      </form>
    </main>
  );
}
