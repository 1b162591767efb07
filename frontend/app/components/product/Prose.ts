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

function block(node: Block): VNode {
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
      // The page's own title is the h1, the sections of the page are h2.
      const tag = { paragraph: "p", heading: "h3", quote: "blockquote" }[node.type];
      return h(tag, node.children.map(inline));
    }
  }
}

/** A description in Markdown, drawn node by node with Vue's own escaping: no HTML string is ever made. */
export default function Prose({ source }: { source: string }): VNode {
  return h("div", { class: "prose" }, parseMarkdown(source).map(block));
}
Prose.props = ["source"];
