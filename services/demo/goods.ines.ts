import { ampersand, cutPaper, ridges, swatches, waveTile } from "./art.ts";
import { epub, plainText, type Book } from "./book.ts";
import { bdf, pixelText } from "./font.ts";
import { archive, file, type GoodsFile } from "./listing.ts";
import { firstPage, plainPapers } from "./templates.ts";
import { almanac, smallHours } from "./texts.ts";

/** What Inês's buyers download: small, but real. Each is made on request. */

const picture = (filename: string, svg: string): GoodsFile[] => [file(filename, "image/svg+xml", svg)];

const bookFiles = (name: string, book: Book): GoodsFile[] => [
  file(`${name}.epub`, "application/epub+zip", epub(book)),
  file(`${name}.txt`, "text/plain", plainText(book)),
];

const COAST = ["#f4e3cf", "#e7b98f", "#cf8163", "#94525a", "#52344f", "#261f3a", "#f06a3f"];
const TIDES = [
  ["#f3efe4", "#1f5f73", "#7fb3b0", "#e08a57"],
  ["#12304a", "#e9e2d0", "#5f9ea8", "#f2b35d"],
  ["#fbeee6", "#b5485b", "#e5a58f", "#3d4a73"],
  ["#e6efe6", "#3b6b4f", "#9cc09a", "#d9a441"],
];
const LISBON = ["Tile", "Tram", "Terracotta", "Custard", "River"].flatMap((name, hue) =>
  [92, 80, 68, 56, 46, 36, 26, 16].map((light, i): [name: string, hex: string] => [
    `${name} ${i + 1}`,
    hex(hue * 72 + 215, 30 + hue * 9, light),
  ]),
);

/** A colour of hue in degrees, saturation and lightness in per cent, as `#rrggbb`. */
function hex(hue: number, saturation: number, lightness: number): string {
  const reach = (saturation * Math.min(lightness, 100 - lightness)) / 100;
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12;
    const value = (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))) / 100;
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

export const azulejo = () =>
  archive("azulejo-eight.zip", [
    { name: "azulejo-eight.bdf", data: bdf("Azulejo Eight") },
    {
      name: "specimen.svg",
      data: pixelText(["AZULEJO EIGHT", "ABCDEFGHIJKLM", "NOPQRSTUVWXYZ", "0123456789 &?!"], "#1d4f91", "#fbf6ea"),
    },
    { name: "LICENCE.txt", data: "One studio, any number of screens. Do not resell the font file itself.\n" },
  ]);

export const serra = () =>
  picture(
    "serra-at-first-light.svg",
    ridges("serra", ["#fdeedd", "#f8cfa6", "#e88f63", "#a94a4a", "#6d2f45", "#35182e", "#f7b733"]),
  );
export const paperWeather = () =>
  picture(
    "paper-weather-no-3.svg",
    cutPaper("weather 3", ["#eef3f0", "#bcd6d2", "#8fbcbb", "#6fa3a8", "#2c6274", "#0f2c3d", "#f58a4b"]),
  );
export const atlantic = () =>
  picture(
    "the-atlantic-in-twelve-steps.svg",
    ridges(
      "atlantic",
      [...Array.from({ length: 13 }, (_, i) => hex(190 + i * 3, 45, 92 - i * 6)), "#ffd9a0"],
      [3600, 2400],
    ),
  );
export const postcards = () =>
  archive(
    "coast-postcards.zip",
    ["harbour", "dunes", "cliffs", "estuary"].map((name, i) => ({
      name: `${name}.svg`,
      data: ridges(name, i % 2 ? COAST.toSpliced(2, 1) : COAST, [1748, 1240]),
    })),
  );
export const tidelines = () =>
  archive(
    "tidelines.zip",
    Array.from({ length: 24 }, (_, i) => ({
      name: `tideline-${String(i + 1).padStart(2, "0")}.svg`,
      data: waveTile(i, TIDES[i % 4]!),
    })),
  );
export const lettering = () => picture("ampersand-no-1.svg", ampersand("#22124f", "#f2eefc", "#b9a8ee"));
export const lisbon = () =>
  archive("forty-colours-of-lisbon.zip", [
    { name: "lisbon.svg", data: swatches(LISBON) },
    { name: "lisbon.json", data: `${JSON.stringify(Object.fromEntries(LISBON), null, 2)}\n` },
    {
      name: "lisbon.css",
      data: `:root {\n${LISBON.map(([name, value]) => `  --${name.toLowerCase().replace(" ", "-")}: ${value};`).join("\n")}\n}\n`,
    },
    {
      name: "lisbon.gpl",
      data: `GIMP Palette\nName: Lisbon\n#\n${LISBON.map(
        ([name, value]) =>
          `${value
            .match(/\w\w/g)!
            .map((part) => parseInt(part, 16))
            .join(" ")}\t${name}`,
      ).join("\n")}\n`,
    },
  ]);
export const almanacBook = () => bookFiles("lamp-trimmers-almanac", almanac);
export const smallHoursBook = () => bookFiles("small-hours", smallHours);
export const papers = () => archive("plain-papers.zip", plainPapers);
export const starter = () => archive("first-page.zip", firstPage);
