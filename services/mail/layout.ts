import type { Lang } from "../schemas.ts";
import { oneLine, type Content, type Row } from "./content.ts";

/** Mail programs know little of CSS: styles are inline, and nothing is loaded from anywhere. */
const FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Arial,sans-serif";
const BRAND = "#0f5e58";
const STYLE = {
  body: `margin:0;padding:24px 12px;background:#f6f5f0;color:#1b2b2a;${FONT};font-size:16px;line-height:1.5`,
  card: "max-width:560px;margin:0 auto;padding:28px;background:#fff;border:1px solid #dedfd6;border-radius:12px",
  brand: `color:${BRAND};font-weight:700;text-decoration:none;letter-spacing:.01em`,
  heading: "margin:20px 0 12px;font-family:Palatino,Georgia,serif;font-size:26px;line-height:1.2",
  table: "width:100%;margin:20px 0;border-collapse:collapse",
  cell: "padding:8px 0;border-top:1px solid #e6e6de;vertical-align:top;word-break:break-word",
  button: `display:inline-block;margin:8px 0;padding:12px 20px;background:${BRAND};color:#fff;border-radius:8px;font-weight:600;text-decoration:none`,
  note: "margin:16px 0 0;color:#566766;font-size:14px",
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const said = (text: string) => escapeHtml(oneLine(text));
/** Opened beside the mail program, also where a letter is shown in a frame. */
const anchor = (href: string, style: string, inner: string) =>
  `<a href="${escapeHtml(href)}" target="_blank" rel="noopener" style="${style}">${inner}</a>`;

/** The part in HTML. Whatever people typed is escaped. */
export function asHtml(
  { subject, paragraphs, rows = [], button, notes = [] }: Content,
  shop: string,
  lang: Lang,
): string {
  const parts = [
    anchor(shop, STYLE.brand, "Holdfast"),
    `<h1 style="${STYLE.heading}">${said(subject)}</h1>`,
    ...paragraphs.map((text) => `<p>${said(text)}</p>`),
    rows.length ? `<table role="presentation" style="${STYLE.table}">${rows.map(rowHtml).join("")}</table>` : "",
    button ? `<p>${anchor(button.href, STYLE.button, said(button.label))}</p>` : "",
    ...notes.map((text) => `<p style="${STYLE.note}">${said(text)}</p>`),
  ];
  return `<!doctype html>
<html lang="${lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${said(subject)}</title></head>
<body style="${STYLE.body}"><div style="${STYLE.card}">
${parts.filter(Boolean).join("\n")}
</div></body>
</html>
`;
}

function rowHtml({ label, value, href, strong }: Row): string {
  const weight = strong ? ";font-weight:700" : "";
  const left = href ? anchor(href, `color:${BRAND}`, said(label)) : said(label);
  return (
    `<tr><td style="${STYLE.cell}${weight}">${left}</td>` +
    `<td style="${STYLE.cell};padding-left:16px;text-align:right;white-space:nowrap${weight}">${said(value)}</td></tr>`
  );
}

/** The part in plain text, which says the same. */
export function asText({ subject, paragraphs, rows = [], button, notes = [] }: Content, shop: string): string {
  const table = rows.map(({ label, value, href }) => [`${oneLine(label)}   ${value}`, href].filter(Boolean).join("\n"));
  const blocks = [
    oneLine(subject),
    ...paragraphs.map(oneLine),
    table.join("\n"),
    button ? `${oneLine(button.label)}:\n${button.href}` : "",
    ...notes.map(oneLine),
    `-- \nHoldfast\n${shop}`,
  ];
  return `${blocks.filter(Boolean).join("\n\n")}\n`;
}
