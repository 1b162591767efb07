import { seededNumbers } from "./seeded.ts";
import { RATE } from "./wav.ts";

// Called millions of times; in the realm of a test every look at a global is dear.
const { exp, sin, sqrt } = Math;

const TURN = Math.PI * 2;

/** Hertz of a MIDI note; 69 is the A of 440 Hz. */
const pitch = (note: number) => 440 * 2 ** ((note - 69) / 12);

const silence = (seconds: number) => new Float32Array(Math.round(seconds * RATE));

/** One note of a felted piano: a soft thud, then a few partials of which the high ones die first. */
export function feltNote(note: number, seconds: number): Float32Array {
  const sound = silence(seconds);
  const noise = seededNumbers(`felt ${note}`);
  const partials = [1, 2, 3, 4, 5].map((k) => ({
    // Real strings are a little sharp above the first partial.
    step: (TURN * pitch(note) * k * (1 + 0.0004 * k * k)) / RATE,
    level: k ** -2.1,
    fade: (1.6 + k * 1.3) / RATE,
  }));
  let thud = 0;
  for (let i = 0; i < sound.length; i++) {
    const attack = 1 - exp(-i / (0.006 * RATE));
    const release = Math.min(1, (sound.length - i) / (0.08 * RATE));
    thud += (noise() - 0.5 - thud) * 0.06;
    let sample = thud * 0.5 * exp(-i / (0.03 * RATE));
    for (const { step, level, fade } of partials) sample += sin(i * step) * level * exp(-i * fade);
    sound[i] = sample * attack * release;
  }
  return sound;
}

/** Notes laid into one track: `[second, note]`, each ringing for `ring` seconds; what reaches past the end is cut. */
export function phrase(seconds: number, notes: [at: number, note: number][], ring = 2.4): Float32Array {
  const track = silence(seconds);
  for (const [second, note] of notes) {
    const start = Math.round(second * RATE);
    const sound = feltNote(note, Math.min(ring, seconds - second));
    sound.forEach((sample, i) => {
      if (start + i < track.length) track[start + i]! += sample;
    });
  }
  return track;
}

/**
 * A slow chord that loops without a seam: every frequency is a whole number of periods in the length.
 * Two channels that drift against each other.
 */
export function drone(seconds: number, notes: number[]): [Float32Array, Float32Array] {
  const voice = (side: number) => {
    const track = silence(seconds);
    notes.forEach((note, n) => {
      for (const detune of [-1, 0, 1]) {
        const step = (TURN * (Math.round(pitch(note) * seconds) + detune)) / track.length;
        const swell = (TURN * (1 + (n % 2))) / track.length;
        const phase = n * 1.7 + detune + side;
        for (let i = 0; i < track.length; i++)
          track[i]! += sin(i * step + phase) * (0.6 + 0.4 * sin(i * swell + phase * 2)) * 0.8 ** n;
      }
    });
    return track;
  };
  return [voice(0), voice(1.3)];
}

/** Rain on thin metal, in stereo: a hiss that breathes, and drops that ring. The end runs into the beginning. */
export function rain(seconds: number): [Float32Array, Float32Array] {
  const fade = Math.round(0.5 * RATE);
  const side = (name: string) => {
    const next = seededNumbers(name);
    const long = silence(seconds + 0.5);
    let low = 0;
    let lower = 0;
    for (let i = 0; i < long.length; i++) {
      low += (next() - 0.5 - low) * 0.45;
      lower += (low - lower) * 0.02;
      long[i] = (low - lower) * (0.5 + 0.12 * sin((TURN * i) / RATE / 3.1));
    }
    for (let drop = 0; drop < seconds * 34; drop++) {
      const start = Math.floor(next() * (long.length - fade));
      const [step, level] = [(TURN * (900 + next() * 3_400)) / RATE, 0.05 + 0.4 * next() ** 4];
      for (let i = 0; i < 0.03 * RATE; i++) long[start + i]! += sin(i * step) * level * exp(-i / (0.006 * RATE));
    }
    const loop = long.subarray(0, long.length - fade);
    for (let i = 0; i < fade; i++) {
      const share = i / fade;
      loop[i] = loop[i]! * sqrt(share) + long[loop.length + i]! * sqrt(1 - share);
    }
    return loop;
  };
  return [side("rain left"), side("rain right")];
}

/** Adds one track to another, at a level. */
export function blend(base: Float32Array, other: Float32Array, level: number): Float32Array {
  return base.map((sample, i) => sample + (other[i] ?? 0) * level);
}
