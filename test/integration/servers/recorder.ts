// Stands between the suite and a server, hands everything on as it is, and remembers what was asked and answered.

import { createServer, type IncomingMessage, request as send } from "node:http";
import type { Ending } from "../../helpers/temporary-folder.ts";

export interface Recorded {
  readonly path: string;
  readonly body: string;
  readonly status: number;
}

export interface Recorder {
  /** Takes the place of the server's. */
  readonly origin: string;
  /** In the order in which they were answered. */
  readonly requests: readonly Recorded[];
}

export async function createRecorder(origin: string, ending: Ending): Promise<Recorder> {
  const requests: Recorded[] = [];
  const server = createServer(async (asked, answer) => {
    const body = await readAll(asked);
    const { method, headers, url: path = "/" } = asked;
    const onward = send(`${origin}${path}`, { method, headers }, async (reply) => {
      const said = await readAll(reply);
      requests.push({ path, body: body.toString(), status: reply.statusCode ?? 0 });
      answer.writeHead(reply.statusCode ?? 502, { "content-type": reply.headers["content-type"] ?? "text/plain" });
      answer.end(said);
    });
    onward.on("error", (error) => answer.destroy(error));
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ending.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { readonly port: number };
  return { origin: `http://127.0.0.1:${port}`, requests };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
