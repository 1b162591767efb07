import { expect, test } from "@jest/globals";
import { epub, plainText, type Book } from "./book.ts";
import { unzip } from "./unzip.ts";

const book: Book = {
  title: `Salt & "Glass"`,
  author: "A <b> C",
  chapters: [
    { title: "One & only", paragraphs: ["a < b", "second"] },
    { title: "Two", paragraphs: ["third"] },
  ],
};

test("an EPUB begins with its type, not compressed, where readers look for it", () => {
  const file = epub(book);
  expect(file.toString("latin1", 30, 58)).toBe("mimetypeapplication/epub+zip");
  expect(file.readUInt16LE(8)).toBe(0);
});

test("the container leads to the package, and the package to everything in the book", () => {
  const entries = unzip(epub(book));
  const read = (name: string) => entries.get(name)!.toString();
  const [, root] = /full-path="([^"]+)"/.exec(read("META-INF/container.xml"))!;
  const described = [...read(root!).matchAll(/<item [^>]*href="([^"]+)"/g)].map(([, href]) => `book/${href}`);
  const inside = [...entries.keys()].filter((name) => name.startsWith("book/") && name !== root);
  expect(described.toSorted()).toEqual(inside.toSorted());
  const ids = [...read(root!).matchAll(/<item id="([^"]+)"/g)].map(([, id]) => id);
  const spine = [...read(root!).matchAll(/idref="([^"]+)"/g)].map(([, id]) => id);
  expect(spine).toEqual(["chapter-1", "chapter-2"]);
  expect(ids).toEqual(expect.arrayContaining(spine));
  const linked = [...read("book/nav.xhtml").matchAll(/<a href="([^"]+)">/g)].map(([, href]) => href);
  expect(linked).toEqual(["chapter-1.xhtml", "chapter-2.xhtml"]);
});

test("text is escaped everywhere", () => {
  const entries = unzip(epub(book));
  expect(entries.get("book/package.opf")!.toString()).toContain("<dc:title>Salt &amp; &quot;Glass&quot;</dc:title>");
  expect(entries.get("book/chapter-1.xhtml")!.toString()).toContain(
    "<h1>One &amp; only</h1>\n<p>a &lt; b</p>\n<p>second</p>",
  );
  for (const data of entries.values()) expect(data.toString()).not.toMatch(/&(?!amp;|lt;|gt;|quot;)|<b>/);
});

test("the plain text has every word", () => {
  expect(plainText(book)).toBe(`Salt & "Glass"\nA <b> C\n\n\nONE & ONLY\n\na < b\n\nsecond\n\n\nTWO\n\nthird\n`);
});
