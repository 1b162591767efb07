interface PageHead {
  title: () => string | undefined;
  /** For those who find the page by a search. */
  description?: () => string;
  /** Pages of one person, and search results, stay out of search engines. */
  unlisted?: () => boolean;
}

/** The title follows the page; what only crawlers read is written by the server alone and costs the browser nothing. */
export function usePageHead({ title, description, unlisted = () => true }: PageHead): void {
  useHead({ title });
  if (!import.meta.server) return;
  const text = description?.();
  useHead({
    meta: [
      ...(text ? [{ name: "description", content: text }] : []),
      ...(unlisted() ? [{ name: "robots", content: "noindex" }] : [{ property: "og:title", content: title() }]),
    ],
  });
}
