// Server-sent events as model servers send them (WHATWG HTML, section 9.2.6): a whole stream, cut into its data.
// It does not know what the data says.

/** Ends a stream of answers, by the convention that all these servers follow. */
const endMark = "[DONE]";

export interface EventStream {
  /** The data of each event in order; one that carries an id seen before came twice and is left out. */
  readonly data: readonly string[];
  /** True where the mark of the end came. */
  readonly isDone: boolean;
}

/** Parses a whole stream. An event that the stream breaks off in is none. */
export function parseEvents(text: string): EventStream {
  const data: string[] = [];
  const ids = new Set<string>();
  let [lines, id] = [[] as string[], ""];
  // The last piece has no line end, and so no event ends in it.
  for (const line of text.split(/\r\n|\n|\r/).slice(0, -1)) {
    if (line === "") {
      const whole = lines.join("\n");
      const isAgain = id !== "" && ids.has(id);
      ids.add(id);
      const hasData = lines.length > 0;
      [lines, id] = [[], ""];
      if (!hasData || isAgain) continue;
      if (whole.trim() === endMark) return { data, isDone: true };
      data.push(whole);
    } else if (line.startsWith("data:")) lines.push(line.slice(line[5] === " " ? 6 : 5));
    else if (line.startsWith("id:")) id = line.slice(3).trim();
  }
  const rest = text.slice(text.lastIndexOf("\n") + 1);
  return { data, isDone: lines.join("\n").trim() === endMark || rest.replace(/^data:/, "").trim() === endMark };
}
