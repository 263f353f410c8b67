// Command lines for a POSIX shell. Long ones take several lines.

/** Quote a text for a shell, unless it needs no quotes. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Join the parts of a command, each on its own line. */
export function command(...parts: string[]): string {
  return parts.join(" \\\n  ");
}

/** Return a `curl` that gets a URL with these parameters; `header` may hold `$TOKEN`. */
export function curl(header: string, url: string, parameters: [string, string][]): string {
  return command(`curl -G -H "${header}" ${quoted(url)}`, ...parameters.map(option));
}

function option([name, value]: [string, string]): string {
  const pair = `${name}=${value}`;
  return /^[\w=:,./-]+$/.test(pair) ? `-d ${pair}` : `--data-urlencode ${quoted(pair)}`;
}
