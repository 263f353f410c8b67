import { Fragment } from "preact";
import { useEffect } from "preact/hooks";
import { isWithoutIds, link, polylog, translate, ways, type Way } from "../state/translations";
import { Copy } from "./copy";
import "./share.css";

/** The question as a link, as a command, and in the form of each API that can express it. */
export function Share() {
  useEffect(() => {
    const controller = new AbortController();
    void translate(controller.signal);
    return () => controller.abort();
  }, []);
  const able = ways.value.filter((way) => !way.cannot.length);
  const unable = ways.value.filter((way) => way.cannot.length);
  return (
    <div class="share">
      <Text title="Link to this view" text={link()}>
        People who open it sign in with their own key. The time range stays as it is now.
      </Text>
      <p class="quiet">
        The commands read your key from <code>$TOKEN</code>: run <code>export TOKEN=…</code> first.
        Each <code>curl</code> gets the first page; the AWS CLI fetches all pages.
      </p>
      <Text title="Command line" text={polylog()} />
      {able.map((way) => <Commands key={way.name} way={way} />)}
      {unable.length > 0 && <Unable ways={unable} />}
    </div>
  );
}

function Commands({ way }: { way: Way }) {
  return (
    <Text title={way.title} text={way.commands.join("\n")}>
      {way.isChecking ? "Asking the log whether this finds the same events…" : way.notes.join(" ")}
    </Text>
  );
}

interface TextProps {
  title: string;
  text: string;
  children?: string;
}

function Text({ title, text, children }: TextProps) {
  return (
    <section class="way">
      <div class="way-head">
        <h3 class="grow">{title}</h3>
        <Copy text={() => text} title={`Copy: ${title}`} label="Copy" />
      </div>
      <pre class="way-text" tabIndex={0} aria-label={title}>{text}</pre>
      {children && <p class="quiet">{children}</p>}
    </section>
  );
}

/** The APIs that would find other events, and why. */
function Unable({ ways: unable }: { ways: Way[] }) {
  return (
    <section class="way">
      <h3>These APIs cannot ask for the same events</h3>
      {isWithoutIds.value && <p class="quiet">Most of them ask by id, and no event in this range tells which id the name has. Choose a longer time.</p>}
      <dl class="way-cannot">
        {unable.map(({ name, title, cannot }) => (
          <Fragment key={name}>
            <dt>{title}</dt>
            <dd>It cannot ask for {listed(cannot)}.</dd>
          </Fragment>
        ))}
      </dl>
    </section>
  );
}

function listed(parts: string[]): string {
  const [last = "", ...others] = [...parts].reverse();
  return others.length ? `${others.reverse().join(", ")} or ${last}` : last;
}
