/** The text of a Markdown description alone, for summaries: no marks, one line, cut at a word. */
export function plainText(source: string, most = 160): string {
  const text = source
    .replace(/\[([^[\]]*)\]\([^()\s]*\)/g, "$1")
    .replace(/[#>*_`]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return text.length <= most ? text : `${text.slice(0, most).replace(/\s+\S*$/, "")}…`;
}
