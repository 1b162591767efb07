import { expect, test } from "@jest/globals";
import { drone, feltNote, phrase, rain } from "./synth.ts";
import { RATE, wav } from "./wav.ts";

const samplesOf = (file: Buffer) => new Int16Array(file.buffer, file.byteOffset + 44, (file.length - 44) / 2);

test("says in its header what it holds", () => {
  const file = wav(new Float32Array(100), new Float32Array(100));
  expect(file.toString("latin1", 0, 4) + file.toString("latin1", 8, 16) + file.toString("latin1", 36, 40)).toBe(
    "RIFFWAVEfmt data",
  );
  expect(file.readUInt32LE(4)).toBe(file.length - 8);
  expect(file.readUInt32LE(40)).toBe(file.length - 44);
  expect({ channels: file.readUInt16LE(22), rate: file.readUInt32LE(24), bits: file.readUInt16LE(34) }).toEqual({
    channels: 2,
    rate: RATE,
    bits: 16,
  });
  expect(file.readUInt32LE(28)).toBe(RATE * 4);
  expect(file).toHaveLength(44 + 100 * 4);
});

test("lays the channels side by side, as loud as they may be", () => {
  const samples = samplesOf(wav(new Float32Array([0.1, -0.2]), new Float32Array([0, 0.05])));
  expect([...samples]).toEqual([13762, 0, -27524, 6881]);
});

test("silence stays silent", () => {
  expect(samplesOf(wav(new Float32Array(8))).every((sample) => sample === 0)).toBe(true);
});

test("a note sounds at its pitch, and dies", () => {
  const note = feltNote(69, 1);
  const rising = (from: number, to: number) => {
    let crossings = 0;
    for (let i = from + 1; i < to; i++) if (note[i - 1]! < 0 && note[i]! >= 0) crossings++;
    return crossings;
  };
  // After a moment the first partial is all there is to hear.
  expect(rising(RATE * 0.5, RATE * 0.9)).toBe(440 * 0.4);
  const loudness = (from: number) => Math.max(...note.subarray(from * RATE, (from + 0.1) * RATE).map(Math.abs));
  expect(loudness(0.8)).toBeLessThan(loudness(0) / 4);
  expect(Math.abs(note.at(-1)!)).toBeLessThan(0.001);
});

test("loops close without a click: the step over the end is none that does not happen inside", () => {
  for (const track of [...drone(2, [33, 40]), ...rain(2)]) {
    let largest = 0;
    for (let i = 1; i < track.length; i++) largest = Math.max(largest, Math.abs(track[i]! - track[i - 1]!));
    expect(Math.abs(track[0]! - track.at(-1)!)).toBeLessThanOrEqual(largest);
    expect(track).toHaveLength(2 * RATE);
  }
});

test("what rings past the end of a phrase is cut", () => {
  expect(
    phrase(1, [
      [0, 60],
      [0.9, 64],
    ]),
  ).toHaveLength(RATE);
});

test("every sound is the same every time, and is a number", () => {
  expect(wav(...rain(1)).equals(wav(...rain(1)))).toBe(true);
  for (const track of [feltNote(50, 0.5), ...drone(1, [45]), ...rain(1)])
    expect(track.every(Number.isFinite)).toBe(true);
});
