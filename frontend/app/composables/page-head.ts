interface PageHead {
  title: () => string | undefined;
  /** For those who find the page by a search. */
  description?: () => string;
  /** Pages of one person, and search results, stay out of search engines. */
  unlisted?: () => boolean;
  /** A picture for links to the page, 1200 by 630: a path of the gateway. */
  image?: string;
  /** What the page shows, in Open Graph's words. */
  type?: "website" | "product" | "profile";
}

/** The title follows the page; what only crawlers read is written by the server alone and costs the browser nothing. */
export function usePageHead({ title, description, unlisted = () => true, image, type = "website" }: PageHead): void {
  useHead({ title });
  if (!import.meta.server) return;
  const text = description?.();
  const { origin, pathname } = useRequestURL();
  useHead({
    link: unlisted() ? [] : [{ rel: "canonical", href: origin + pathname }],
    meta: [
      ...(text ? [{ name: "description", content: text }] : []),
      ...(unlisted()
        ? [{ name: "robots", content: "noindex" }]
        : [
            { property: "og:site_name", content: "Holdfast" },
            { property: "og:type", content: type },
            { property: "og:title", content: title() },
            { property: "og:description", content: text },
            { property: "og:url", content: origin + pathname },
            ...(image
              ? [
                  { property: "og:image", content: origin + image },
                  { name: "twitter:card", content: "summary_large_image" },
                ]
              : []),
          ]),
    ],
  });
}
