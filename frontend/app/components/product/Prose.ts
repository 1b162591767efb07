import { h, type VNode } from "vue";
import { parseMarkdown, type Block, type Inline } from "~/utils/markdown";

function inline(node: Inline): VNode | string {
  switch (node.type) {
    case "text":
      return node.text;
    case "break":
      return h("br");
    case "code":
      return h("code", node.text);
    case "link":
      return h("a", { href: node.href, rel: "nofollow ugc noopener", class: "link" }, node.children.map(inline));
    default:
      return h(node.type, node.children.map(inline));
  }
}

type Heading = "h2" | "h3";

function block(node: Block, heading: Heading): VNode {
  switch (node.type) {
    case "rule":
      return h("hr");
    case "pre":
      return h("pre", { tabindex: 0 }, h("code", node.text));
    case "list":
      return h(
        node.ordered ? "ol" : "ul",
        node.items.map((item) => h("li", item.map(inline))),
      );
    default: {
      const tag = { paragraph: "p", heading, quote: "blockquote" }[node.type];
      return h(tag, node.children.map(inline));
    }
  }
}

/**
 * Markdown, drawn node by node with Vue's own escaping: no HTML string is ever made. Its headings stand below those of
 * the page: under a section's h2 by default.
 */
export default function Prose({ source, heading = "h3" }: { source: string; heading?: Heading }): VNode {
  return h(
    "div",
    { class: "prose" },
    parseMarkdown(source).map((node) => block(node, heading)),
  );
}
Prose.props = ["source", "heading"];
