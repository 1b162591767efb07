import { zip } from "./zip.ts";

export interface Book {
  title: string;
  author: string;
  chapters: { title: string; paragraphs: string[] }[];
}

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const STYLE = `body { margin: 8%; line-height: 1.5; font-family: serif; }
h1 { margin: 3em 0 1.5em; font-weight: normal; }
p { margin: 0; text-indent: 1.4em; }
h1 + p { text-indent: 0; }
`;

const xhtml = (title: string, body: string) => `<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><title>${escape(title)}</title><link rel="stylesheet" href="style.css" type="text/css"/></head>
<body>
${body}
</body>
</html>
`;

/** An EPUB 3 file: the book, its contents page and a plain style. */
export function epub({ title, author, chapters }: Book): Buffer {
  const names = chapters.map((_, i) => `chapter-${i + 1}`);
  const slug = title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const container = `<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles><rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
`;
  const contents = chapters.map((chapter, i) => `<li><a href="${names[i]}.xhtml">${escape(chapter.title)}</a></li>`);
  const manifest = names.map((name) => `<item id="${name}" href="${name}.xhtml" media-type="application/xhtml+xml"/>`);
  const spine = names.map((name) => `<itemref idref="${name}"/>`);
  const description = `<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
  <metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
    <dc:identifier id="id">urn:holdfast:demo:${slug}</dc:identifier>
    <dc:title>${escape(title)}</dc:title>
    <dc:creator>${escape(author)}</dc:creator>
    <dc:language>en</dc:language>
    <meta property="dcterms:modified">2026-01-01T00:00:00Z</meta>
  </metadata>
  <manifest>
    <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
    <item id="style" href="style.css" media-type="text/css"/>
    ${manifest.join("\n    ")}
  </manifest>
  <spine>${spine.join("")}</spine>
</package>
`;
  return zip([
    // Readers tell an EPUB by this entry: first, and not compressed.
    { name: "mimetype", data: "application/epub+zip", stored: true },
    { name: "META-INF/container.xml", data: container },
    { name: "book/package.opf", data: description },
    {
      name: "book/nav.xhtml",
      data: xhtml(title, `<nav epub:type="toc"><h1>Contents</h1><ol>${contents.join("")}</ol></nav>`),
    },
    { name: "book/style.css", data: STYLE },
    ...chapters.map((chapter, i) => ({
      name: `book/${names[i]}.xhtml`,
      data: xhtml(
        chapter.title,
        `<h1>${escape(chapter.title)}</h1>\n${chapter.paragraphs.map((text) => `<p>${escape(text)}</p>`).join("\n")}`,
      ),
    })),
  ]);
}

/** The same book as plain text. */
export const plainText = ({ title, author, chapters }: Book): string =>
  [
    `${title}\n${author}`,
    ...chapters.map((chapter) => [chapter.title.toUpperCase(), ...chapter.paragraphs].join("\n\n")),
  ].join("\n\n\n") + "\n";
