import * as goods from "./goods.ines.ts";
import { markdown, type Listing } from "./listing.ts";

/** Inês draws: letters, prints, patterns, and two little books. Newest first. */
export const ines: Listing[] = [
  {
    title: "Azulejo Eight, a pixel typeface",
    kind: "unlimited",
    price: 1_800,
    files: goods.azulejo,
    description: markdown`
      I drew Azulejo Eight on squared paper while waiting for a kiln, and it still looks like tiles. Capitals, figures
      and punctuation on a grid of five by seven, so it stays crisp at 8, 16 and 24 pixels.

      - 53 glyphs, one weight
      - BDF for terminals, handhelds and font editors
      - a specimen sheet as SVG
      - one studio, any number of screens

      No lowercase yet. When it is finished, everybody who has this version gets it too.
    `,
  },
  {
    title: "Serra at First Light, numbered print",
    kind: "edition",
    price: 4_800,
    stock: 50,
    perBuyer: 1,
    files: goods.serra,
    description: markdown`
      The ridge above my village, seen from the bus stop at twenty to seven. Seven colours, no outlines.

      You receive the artwork as a vector file for **one** print of up to 60 × 80 cm, and your number of fifty. I keep
      a list of the numbers, and I will not make a fifty-first.

      It looks best on heavy uncoated paper. Ask your printer for a proof of the darkest ridge.
    `,
  },
  {
    title: "Tidelines, 24 seamless wave patterns",
    kind: "unlimited",
    price: 1_200,
    files: goods.tidelines,
    description: markdown`
      Twenty-four tiles that repeat without a seam, all of them waves of some sort: calm ones for backgrounds, choppy
      ones for wrapping paper, two that made my mother seasick.

      - SVG, 240 × 240 units, flat colours that are easy to change
      - four palettes, six patterns in each
      - fine for client work and for things you sell

      If you make curtains of them, please send a picture.
    `,
  },
  {
    title: "The Lamp Trimmer's Almanac, an e-book",
    kind: "unlimited",
    price: 450,
    files: goods.almanacBook,
    description: markdown`
      Four months in a lighthouse, as my grandmother told them to me: what to do about salt on the panes, when to
      paint, and what to answer when a child asks whether you are lonely.

      It takes about as long to read as a pot of tea takes to go cold. **EPUB** for every reader, and plain text for
      those who like their books bare.

      > Nobody ever regretted a stair.
    `,
  },
  {
    title: "Ampersand No. 1, lettering for one owner",
    kind: "unique",
    price: 24_000,
    files: goods.lettering,
    description: markdown`
      One ampersand, drawn in a single stroke, sold once. It has never been used, and after you it never will be by
      anybody else.

      What you get:

      - the drawing as SVG, guides included
      - all rights, in writing, for signs, packaging, tattoos, whatever you like
      - an hour with me to fit it to your name

      There is no No. 2 so far.
    `,
  },
  {
    title: "Paper Weather No. 3",
    kind: "edition",
    price: 8_500,
    stock: 25,
    perBuyer: 2,
    files: goods.paperWeather,
    description: markdown`
      The third sheet of a series about low pressure. Six layers of paper, cut by hand, then redrawn as vectors so
      that the shadows can be printed.

      An edition of twenty-five. Your number comes with the file. Numbers 1 to 3 usually go to people who have No. 1
      and No. 2 on the wall, so do not be cross if you are fourth.

      Square, up to 90 cm. Please do not stretch it.
    `,
  },
  {
    title: "Plain Papers, invoice and letter templates",
    kind: "unlimited",
    price: 900,
    files: goods.papers,
    description: markdown`
      I got tired of office suites that move my address by two millimetres. So these are four web pages that print
      like stationery: an invoice, a quote, a letter, and the style sheet they share.

      - open in any browser, change the words, print to PDF
      - A4 with sane margins; US Letter by changing one line
      - tabular figures, so sums stand under each other

      No scripts, no accounts, no fonts to install.
    `,
  },
  {
    title: "Postcards from the Coast, a set of four",
    kind: "edition",
    price: 1_400,
    stock: 250,
    files: goods.postcards,
    description: markdown`
      Harbour, dunes, cliffs, estuary. Four cards in warm inks, drawn last summer between two swims.

      Every set is numbered, out of 250. Print them on card of 300 g or more; the size is A6 with bleed.

      Postage is up to you, and so is what you write on the back.
    `,
  },
  {
    title: "Forty Colours of Lisbon",
    kind: "unlimited",
    price: 600,
    files: goods.lisbon,
    description: markdown`
      Tile, tram, terracotta, custard, river: five families of eight, collected over a year of walking to work with a
      colour card in my pocket.

      - CSS variables, JSON, a GIMP palette, and a sheet to pin on the wall
      - steps that keep their distance, so that 1 on 6 is always readable

      The custard was checked against the original, several times.
    `,
  },
  {
    title: "Small Hours: six walks after midnight (e-book)",
    kind: "unlimited",
    price: 90,
    files: goods.smallHoursBook,
    description: markdown`
      Six very short walks for people who cannot sleep, from the bakery and back to nowhere at all.

      Priced like the roll you will buy on the first of them. EPUB and plain text.
    `,
  },
  {
    title: "First Page, a static site starter",
    kind: "unlimited",
    price: 500,
    files: goods.starter,
    description: markdown`
      One page, one style sheet, no build step. It says who you are, lists three things that you made, and stays out
      of the way.

      - light and dark by themselves
      - 2 KB in all, works from any web server or a USB stick
      - readable source, which is the point

      I use it for every new project before I know what the project is.
    `,
  },
  {
    title: "The Atlantic in Twelve Steps, one original",
    kind: "unique",
    price: 9_500,
    files: goods.atlantic,
    description: markdown`
      Twelve bands of sea between my feet and the horizon, from a photograph that I then threw away.

      This is the only file, made for a wall of three metres in a flat that was sold before the paint was dry. You get
      the vectors and the right to print them **once**, at any size.
    `,
  },
];
