// The arguments of a program as one line for people to read: quoted as a shell would want them, and never handed to one.

import { renderVisibleLine } from "../visible.ts";

/** Cut where nobody reads on. */
export function renderCommand(argv: readonly string[]): string {
  const words = argv.map((text) =>
    /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`,
  );
  const command = renderVisibleLine(words.join(" "));
  return command.length > mostShown ? `${command.slice(0, mostShown)}..` : command;
}

const mostShown = 200;
