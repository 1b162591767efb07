import * as goods from "./goods.jonas.ts";
import { keyPool } from "./keys.ts";
import { markdown, type Listing } from "./listing.ts";

/** Jonas makes sounds, small programs and things to print. Newest first. */
export const jonas: Listing[] = [
  {
    title: "Orrery, a quiet game about planets",
    kind: "keys",
    price: 1_490,
    perBuyer: 2,
    keys: () => keyPool("ORRERY-#####-#####-#####", 120),
    description: markdown`
      You have a workbench, a box of brass gears and a sky that does not quite add up. Build the machine that predicts
      it. No timer, no enemies, no score; about six hours, or a whole winter if you tinker.

      - Windows, macOS and Linux, one key for all three
      - 40 puzzles and a free bench
      - plays well with a controller, or with one hand

      You see your key the moment you have paid. Two per person, so that there is one to give away.
    `,
  },
  {
    title: "Rain on a Tin Roof, field recording",
    kind: "unlimited",
    price: 320,
    files: goods.tinRoof,
    description: markdown`
      A shed in Småland, a Tuesday, two small microphones under the eaves. I kept the part where nothing happens
      except rain.

      It loops without a seam, so six seconds are enough for a night. Stereo WAV, 16 bit, 22 kHz, no music, no birds,
      no thunder to wake you up.
    `,
  },
  {
    title: "Felt Piano, a pocket sample pack",
    kind: "unlimited",
    price: 2_400,
    files: goods.felt,
    description: markdown`
      Ten notes of an upright with a strip of felt between hammers and strings. Recorded close enough that you hear
      the wood.

      - pentatonic, C3 to A4, so that you cannot play a wrong note
      - mono WAV, trimmed, ready for any sampler
      - free to use in anything you release; just do not sell the notes as notes

      Small on purpose: it fits on the oldest groovebox you own.
    `,
  },
  {
    title: "Spindle, a printable vase (3D model)",
    kind: "unlimited",
    price: 750,
    files: goods.spindle,
    description: markdown`
      A fluted vase with a quarter turn in it. Prints in vase mode in about three hours, without supports, and holds
      water if your first layer does.

      - one watertight STL, 139 mm tall
      - tried in PLA and PETG, 0.4 and 0.6 mm nozzles
      - print and sell as many as you like, but leave the file with me

      Looks good in anything translucent with a window behind it.
    `,
  },
  {
    title: "Metronome Five, licence for one seat",
    kind: "keys",
    price: 2_900,
    keys: () => keyPool("MT5-####-####-####-####", 200),
    description: markdown`
      The metronome for people who practise with other people. It follows a tempo map, mutes itself for as many bars
      as you dare, and tells you afterwards where you rushed.

      - one person, up to three of your own machines
      - all 5.x updates
      - no account, works offline after activation

      Schools: write to me for ten seats and I will be kind.
    `,
  },
  {
    title: "Night Ferry, four ambient loops",
    kind: "unlimited",
    price: 1_500,
    files: goods.ferry,
    description: markdown`
      Engine room, upper deck, harbour lights, landing. Four loops I made on the crossing to Gotland, in a cabin
      without a window.

      The first three are drones that close without a click; lay them over each other in any order, they share a key.
      The fourth is a small figure for felt piano that wants to come last.

      WAV, 16 bit. Clear for film and games up to 100,000 copies.
    `,
  },
  {
    title: "Lanterns Below, an early access game",
    kind: "keys",
    price: 950,
    perBuyer: 1,
    keys: () => keyPool("LB-####-######", 60),
    description: markdown`
      A game about going down a well with too few candles. Three of seven levels are done and the fourth is flooded,
      partly on purpose.

      **Please read:** this is early access. Saves may break between versions, and the map is a drawing of mine. If
      you would rather wait for the finished thing, it comes in spring and costs twice as much.

      Sixty keys, one per person. I read every report.
    `,
  },
  {
    title: "Isobar, chess pieces to print (3D models)",
    kind: "edition",
    price: 3_200,
    stock: 50,
    files: goods.isobar,
    description: markdown`
      Six pieces in the language of weather maps: rings, gradients and one cold front. The queen is fluted, the rook
      has eight sides, and the knight does not look like a horse, which has started conversations.

      - six STL files, no supports needed
      - king 72 mm, pawn 35 mm, for boards of 50 mm squares
      - numbered set files, fifty in all

      Put a coin into every foot before the last layers. It changes everything.
    `,
  },
  {
    title: "Low Water, the only master tape",
    kind: "unique",
    price: 18_000,
    files: goods.lowWater,
    description: markdown`
      A piece for piano and low tide that I played once and did not release. This is its master, and whoever buys it
      decides what becomes of it.

      - the file and all rights to the recording
      - my notes on the tuning, by post
      - I keep no copy

      You may publish it, put it under a film or never let anybody hear it. I hope for the second.
    `,
  },
  {
    title: "Shader Sketchbook, six fragments",
    kind: "unlimited",
    price: 1_100,
    files: goods.shaders,
    description: markdown`
      Six small GLSL fragments, one idea in each: a dawn, a pond, a cloth, embers, a map and an aurora. The useful
      line always stands alone, so you can see what does it.

      - WebGL 2, two uniforms, \`resolution\` and \`time\`
      - value noise included
      - MIT licence, take them apart
    `,
  },
  {
    title: "Patchbay Studio licence",
    kind: "keys",
    price: 12_900,
    keys: () => keyPool("PBAY-STUDIO-######-######", 20),
    description: markdown`
      Connect any program to any other, remember the cables, recall them by song. Patchbay has run our studio for
      four years; this is the edition with network routing and the undo history that saved my marriage.

      - Linux (PipeWire and JACK), five machines in one room
      - a year of updates, then it goes on working
      - a person answers the mail, usually me

      Twenty licences a quarter, because support is one person.
    `,
  },
  {
    title: "Founders' pass for Tidepool",
    kind: "keys",
    price: 1_900,
    perBuyer: 1,
    keys: () => keyPool("tidepool-########", 40),
    description: markdown`
      Tidepool is a music tracker that lives in the browser. It opens next year; founders come in now, keep their
      handle, and never pay again.

      Forty passes. The code on your screen is the invitation: type it at the door. It is good for one account and it
      does not expire.
    `,
  },
];
