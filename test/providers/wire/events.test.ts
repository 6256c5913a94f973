import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEvents } from "../../../src/providers/wire/events.ts";

test("events end at an empty line, whatever the line ends and comments", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = [": keep alive", "event: x", "data: 1", "", "data:2", "data: 3", "", "data: [DONE]", "", ""].join(end);
    assert.deepEqual(parseEvents(text), { data: ["1", "2\n3"], isDone: true });
  }
});

test("a stream that breaks off is not done, and half an event is none", () => {
  assert.deepEqual(parseEvents("data: 1\n\ndata: 2\n"), { data: ["1"], isDone: false });
  assert.deepEqual(parseEvents("data: 1\n\ndata: {"), { data: ["1"], isDone: false });
  assert.deepEqual(parseEvents(""), { data: [], isDone: false });
  assert.deepEqual(parseEvents("data: 1\n\ndata: [DONE]"), { data: ["1"], isDone: true });
});

test("an event with an id that came before is left out; without ids nothing can be told apart", () => {
  const text = "id: a\ndata: 1\n\nid: a\ndata: 1\n\nid: b\ndata: 1\n\ndata: 2\n\ndata: 2\n\ndata: [DONE]\n\n";
  assert.deepEqual(parseEvents(text).data, ["1", "1", "2", "2"]);
});
