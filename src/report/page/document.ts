// The frame of the page: head, style sheet, and the policy that refuses whatever is not there.

import { createHash } from "node:crypto";
import { createTrustedHtml, type Html, html } from "./html.ts";
import { pageStyle } from "./style.ts";

/** The policy names the digest of the one style sheet, so any other style, script, image or frame is refused. */
export function createDocument(title: string, body: Html): Html {
  const digest = createHash("sha256").update(pageStyle).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${createTrustedHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}: report</title>
<style>${createTrustedHtml(pageStyle)}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
