import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { created, forget } from "../state/keys";
import { Copy } from "./copy";

/** The key that was just made, with its secret, which nobody can read again. */
export function KeySecret() {
  const box = useRef<HTMLElement>(null);
  const key = created.value;
  useEffect(() => box.current?.focus(), [key]);
  useEffect(() => forget, []);
  if (!key) return null;
  const rows: [string, string][] = [
    ["Key", key.token],
    ["Access key, for signed requests", key.access_key],
    ["Secret key", key.secret_key],
  ];
  return (
    <section class="keys-secret" ref={box} tabIndex={-1} aria-label="The new key">
      <h3>Copy the new key now</h3>
      <p>The secret is shown only once. Nobody can read it again, not even an administrator.</p>
      <dl>
        {rows.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd class="mono">{value}</dd>
            <Copy text={() => value} title={`Copy: ${name}`} label="Copy" />
          </Fragment>
        ))}
      </dl>
      <p><button type="button" class="button" onClick={forget}>I have copied it</button></p>
    </section>
  );
}
