/**
 * The part of Markdown that descriptions use, parsed into a tree that components draw with Vue's own escaping. No HTML
 * is ever produced or understood, so there is nothing to sanitise. Every step looks at the text once, whatever it holds.
 */
export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "break" }
  | { type: "strong" | "em"; children: Inline[] }
  | { type: "link"; href: string; children: Inline[] };

export type Block =
  | { type: "paragraph" | "heading" | "quote"; children: Inline[] }
  | { type: "list"; ordered: boolean; items: Inline[][] }
  | { type: "pre"; text: string }
  | { type: "rule" };

const MAX_DEPTH = 6;

/** Only http and https leave the page; `javascript:` and its kin stay text. */
export function safeHref(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).href;
}

interface Span {
  node: Inline;
  end: number;
}

function codeAt(text: string, at: number): Span | undefined {
  const close = text.indexOf("`", at + 1);
  return close > at + 1 ? { node: { type: "code", text: text.slice(at + 1, close) }, end: close + 1 } : undefined;
}

function emphasisAt(text: string, at: number, depth: number): Span | undefined {
  const mark = text[at]!;
  const fence = text[at + 1] === mark ? mark + mark : mark;
  // snake_case is a word, not emphasis.
  if (mark === "_" && /[\p{L}\p{N}]/u.test(text[at - 1] ?? "")) return undefined;
  const start = at + fence.length;
  const close = text.indexOf(fence, start);
  if (close <= start || /\s/.test(text[start]!) || /\s/.test(text[close - 1]!)) return undefined;
  const children = parseInline(text.slice(start, close), depth + 1);
  return { node: { type: fence.length === 2 ? "strong" : "em", children }, end: close + fence.length };
}

function linkAt(text: string, at: number, depth: number): Span | undefined {
  const middle = text.indexOf("](", at);
  const close = middle < 0 ? -1 : text.indexOf(")", middle);
  if (close < 0) return undefined;
  const href = safeHref(text.slice(middle + 2, close).trim());
  const label = text.slice(at + 1, middle);
  if (!href || !label || label.includes("[")) return undefined;
  return { node: { type: "link", href, children: parseInline(label, depth + 1) }, end: close + 1 };
}

function spanAt(text: string, at: number, depth: number): Span | undefined {
  switch (text[at]) {
    case "`":
      return codeAt(text, at);
    case "*":
    case "_":
      return emphasisAt(text, at, depth);
    case "[":
      return linkAt(text, at, depth);
    case "\n":
      return { node: { type: "break" }, end: at + 1 };
    default:
      return undefined;
  }
}

export function parseInline(text: string, depth = 0): Inline[] {
  const nodes: Inline[] = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push({ type: "text", text: plain });
    plain = "";
  };
  for (let at = 0; at < text.length;) {
    if (text[at] === "\\" && /[*_`[\]\\#>-]/.test(text[at + 1] ?? "")) {
      plain += text[at + 1];
      at += 2;
      continue;
    }
    const span = depth < MAX_DEPTH ? spanAt(text, at, depth) : undefined;
    if (span) {
      flush();
      nodes.push(span.node);
      at = span.end;
    } else plain += text[at++];
  }
  flush();
  return nodes;
}

const bullet = /^\s{0,3}[-*+]\s+(.*)$/;
const number = /^\s{0,3}\d{1,9}[.)]\s+(.*)$/;

function blockOf(lines: string[]): Block {
  const first = lines[0]!;
  if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(first) && lines.length === 1) return { type: "rule" };
  const heading = /^#{1,6}\s+(.*)$/.exec(first);
  if (heading && lines.length === 1) return { type: "heading", children: parseInline(heading[1]!) };
  if (first.startsWith(">")) {
    return { type: "quote", children: parseInline(lines.map((line) => line.replace(/^>\s?/, "")).join("\n")) };
  }
  const marker = bullet.test(first) ? bullet : number.test(first) ? number : undefined;
  if (!marker) return { type: "paragraph", children: parseInline(lines.map((line) => line.trim()).join("\n")) };
  const items: string[] = [];
  for (const line of lines) {
    const item = marker.exec(line);
    if (item) items.push(item[1]!);
    else items.push(`${items.pop() ?? ""} ${line.trim()}`);
  }
  return { type: "list", ordered: marker === number, items: items.map((item) => parseInline(item)) };
}

/** Does this line begin a block of its own, even without a blank line before it? */
function startsBlock(line: string, open: string[]): boolean {
  if (open.length === 0) return false;
  if (/^#{1,6}\s/.test(line) || /^#{1,6}\s/.test(open[0]!)) return true;
  if (line.startsWith(">") !== open[0]!.startsWith(">")) return true;
  const inList = bullet.test(open[0]!) || number.test(open[0]!);
  return !inList && (bullet.test(line) || number.test(line));
}

export function parseMarkdown(source: string): Block[] {
  const blocks: Block[] = [];
  let open: string[] = [];
  const close = () => {
    if (open.length > 0) blocks.push(blockOf(open));
    open = [];
  };
  let fenced: string[] | undefined;
  for (const line of source.replace(/\r\n?/g, "\n").split("\n")) {
    if (line.startsWith("```")) {
      if (fenced) blocks.push({ type: "pre", text: fenced.join("\n") });
      else close();
      fenced = fenced ? undefined : [];
    } else if (fenced) fenced.push(line);
    else if (!line.trim()) close();
    else {
      if (startsBlock(line, open)) close();
      open.push(line);
    }
  }
  if (fenced) blocks.push({ type: "pre", text: fenced.join("\n") });
  close();
  return blocks;
}
