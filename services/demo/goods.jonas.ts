import { archive, file } from "./listing.ts";
import { turned, type Profile } from "./model.ts";
import { blend, drone, feltNote, phrase, rain } from "./synth.ts";
import { shaderSketches } from "./templates.ts";
import { wav } from "./wav.ts";
import type { ZipEntry } from "./zip.ts";

/** What Jonas's buyers download: small, but real. Each is made on request. */

const sound = (name: string, ...channels: Float32Array[]): ZipEntry => ({ name, data: wav(...channels), stored: true });

export const tinRoof = () => [file("rain-on-a-tin-roof.wav", "audio/wav", wav(...rain(6)))];
export const felt = () =>
  archive(
    "felt-piano.zip",
    ["c", "d", "e", "g", "a"].flatMap((name, i) =>
      [3, 4].map((octave) =>
        sound(`felt-${name}${octave}.wav`, feltNote([0, 2, 4, 7, 9][i]! + 12 * (octave + 1), 1.6)),
      ),
    ),
  );
export const ferry = () =>
  archive("night-ferry.zip", [
    sound("engine-room.wav", ...drone(4, [33, 40, 45])),
    sound("upper-deck.wav", ...drone(4, [57, 64, 69])),
    sound("harbour-lights.wav", ...drone(4, [50, 57, 65])),
    sound(
      "landing.wav",
      phrase(
        4,
        [
          [0, 57],
          [0.5, 64],
          [1, 69],
          [1.5, 72],
          [2, 69],
          [2.5, 64],
        ],
        1.5,
      ),
    ),
  ]);
export const lowWater = () => {
  const seconds = 7;
  const tune = phrase(seconds, [
    [0.2, 45],
    [0.2, 60],
    [0.9, 64],
    [1.6, 69],
    [2.3, 67],
    [3.2, 41],
    [3.2, 60],
    [3.9, 65],
    [4.6, 64],
  ]);
  return [
    file("low-water-master.wav", "audio/wav", wav(...drone(seconds, [33, 45, 52]).map((bed) => blend(tune, bed, 0.1)))),
  ];
};

const VASE: Profile = Array.from({ length: 49 }, (_, i) => [34 + 13 * Math.sin(0.6 + (i / 48) * 4.4), i * 2.9]);
const FOOT: Profile = [
  [15, 0],
  [15, 3],
  [12, 5],
  [12.5, 7],
];
const stl = (profile: Profile, sides = 48) => turned({ profile, sides });
export const spindle = () => [
  file(
    "spindle.stl",
    "model/stl",
    turned({ profile: VASE, sides: 96, twist: 0.25, flutes: { depth: 0.05, count: 12 } }),
  ),
  file("printing-notes.txt", "text/plain", "Vase mode, 0.6 mm nozzle, 0.3 mm layers, no infill. 94 g of PETG.\n"),
];
export const isobar = () =>
  archive("isobar-chess.zip", [
    { name: "pawn.stl", data: stl([...FOOT, [6, 18], [6, 21], [9, 25], [9, 30], [5, 34], [0.5, 35]]) },
    { name: "rook.stl", data: stl([...FOOT, [8, 26], [11, 29], [11, 38]], 8) },
    {
      name: "knight.stl",
      data: turned({ profile: [...FOOT, [10, 20], [6, 32], [11, 40], [3, 46]], sides: 5, twist: 0.2 }),
    },
    { name: "bishop.stl", data: stl([...FOOT, [6, 30], [10, 36], [8, 46], [2, 54], [0.5, 55]]) },
    {
      name: "queen.stl",
      data: turned({
        profile: [...FOOT, [6, 36], [12, 54], [9, 56], [2, 60]],
        sides: 64,
        flutes: { depth: 0.12, count: 8 },
      }),
    },
    { name: "king.stl", data: stl([...FOOT, [7, 40], [12, 58], [10, 62], [3, 64], [3, 72]], 6) },
  ]);

export const shaders = () => archive("shader-sketchbook.zip", shaderSketches);
