/** Pages that are drawn in the browser alone come from one template: they too say which language they will be in. */
export default defineNitroPlugin((nitro) => {
  nitro.hooks.hook("render:html", (html, { event }) => {
    const language = event.node.req.headers["x-lang"] ?? "en";
    html.htmlAttrs = html.htmlAttrs.map((attributes) => attributes.replace(/\blang="\w*"/, `lang="${language}"`));
  });
});
