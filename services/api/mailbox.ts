import type { ServerResponse } from "node:http";
import type { Kept } from "../mail/mail.contract.ts";
import { sendJson } from "./reply.ts";
import type { Shop } from "./shop.ts";
import type { WebRequest } from "./web.ts";

interface Host {
  broker: Shop;
}

/** Nothing runs, nothing is loaded; letters have inline styles. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Links in a letter open beside it; all else that HTML can do is off. */
const SANDBOX = "allow-popups allow-popups-to-escape-sandbox";

const STYLE = `
:root{color-scheme:light dark;--ink:light-dark(#16302e,#e8f1ee);--dim:light-dark(#566766,#a5b5b2);--ground:light-dark(#f6f5f0,#10201f);--card:light-dark(#fff,#182b29);--line:light-dark(#dedfd6,#2d4341);--brand:light-dark(#0f5e58,#7fd6c2)}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,Arial,sans-serif}
main{max-width:760px;margin:0 auto;padding:32px 16px 64px}
h1{font:700 28px/1.2 Palatino,Georgia,serif;margin:0 0 12px;overflow-wrap:anywhere}
p{color:var(--dim);margin:0 0 24px}
a{color:var(--brand)}
ul,dl,pre{background:var(--card);border:1px solid var(--line);border-radius:12px;margin:0 0 24px;padding:0;list-style:none}
li+li{border-top:1px solid var(--line)}
li a{display:grid;grid-template-columns:1fr auto;gap:2px 16px;padding:14px 18px;color:inherit;text-decoration:none}
li a:hover strong{text-decoration:underline}
li a:focus-visible{outline:2px solid var(--brand);outline-offset:-2px;border-radius:12px}
li strong{overflow-wrap:anywhere}
time,li span{color:var(--dim);font-size:14px}
li span{grid-column:1/-1}
dl{display:grid;grid-template-columns:auto 1fr;gap:4px 16px;padding:14px 18px;font-size:14px}
dt{color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere}
h2{font-size:16px;margin:0 0 8px}
pre{padding:18px;font:14px/1.5 ui-monospace,Menlo,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
iframe{display:block;box-sizing:border-box;width:100%;height:620px;margin:0 0 24px;border:1px solid var(--line);border-radius:12px;background:#fff}`;

/** The developers' mailbox: letters that nobody was sent, the newest first. Throws NOT_FOUND where mail is sent, and in production. */
export async function mailbox({ broker }: Host, _: WebRequest, res: ServerResponse): Promise<void> {
  const { rows } = await broker.call("mail.mailbox", {});
  const row = ({ id, to, subject, at }: (typeof rows)[number]) =>
    `<li><a href="/dev/mailbox/${encodeURIComponent(id)}"><strong>${escaped(subject)}</strong>` +
    `<time datetime="${at}">${when(at)}</time><span>${escaped(to)}</span></a></li>`;
  const list = rows.length
    ? `<ul>${rows.map(row).join("")}</ul>`
    : "<p>Nothing yet. Buy something, or ask for a new password.</p>";
  const intro = "<p>No SMTP_URL is set, so letters stay here instead of being sent.</p>";
  sendPage(res, "Mailbox", `<h1>Mailbox</h1>${intro}${list}`);
}

export async function mailboxJson({ broker }: Host, _: WebRequest, res: ServerResponse): Promise<void> {
  sendJson(res, 200, await broker.call("mail.mailbox", {}));
}

/** One letter of it: its headers, and both of its parts. */
export async function mailboxLetter({ broker }: Host, req: WebRequest, res: ServerResponse): Promise<void> {
  const { id } = req.$params.params as { id: string };
  const { subject, headers, text, html }: Kept = await broker.call("mail.letter", { id });
  const header = ({ name, value }: { name: string; value: string }) => `<dt>${name}</dt><dd>${escaped(value)}</dd>`;
  sendPage(
    res,
    subject,
    `<p><a href="/dev/mailbox">All letters</a></p>
<h1>${escaped(subject)}</h1>
<dl>${headers.map(header).join("")}</dl>
<h2>As HTML</h2>
<iframe title="The letter as HTML" sandbox="${SANDBOX}" srcdoc="${escaped(html)}"></iframe>
<h2>As text</h2>
<pre>${escaped(text)}</pre>`,
  );
}

function sendPage(res: ServerResponse, title: string, body: string): void {
  const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main>
${body}
</main></body>
</html>
`;
  res
    .writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-length": Buffer.byteLength(page),
      "content-security-policy": POLICY,
      // The links in letters are secrets, and so is where they were found.
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    })
    .end(page);
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const when = (at: string): string => at.slice(0, 19).replace("T", " ");
