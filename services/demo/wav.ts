const { abs, max, round } = Math;

/** Samples a second: enough for felt and rain, and half the bytes of a compact disc. */
export const RATE = 22_050;
/** The loudest sample of a file, of 1: some headroom for whoever mixes it. */
const PEAK = 0.84;

/** A WAV file of 16-bit PCM, one channel or more of equal length, made as loud as it may be. */
export function wav(...channels: Float32Array[]): Buffer {
  const frames = channels[0]!.length;
  const frame = channels.length * 2;
  const file = Buffer.alloc(44 + frames * frame);
  file.write("RIFF", 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(channels.length, 22);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * frame, 28);
  file.writeUInt16LE(frame, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(frames * frame, 40);
  const loudest = channels.reduce((most, samples) => samples.reduce((a, b) => max(a, abs(b)), most), 0);
  const gain = loudest ? (PEAK / loudest) * 32_767 : 0;
  channels.forEach((samples, channel) =>
    samples.forEach((sample, i) => file.writeInt16LE(round(sample * gain), 44 + i * frame + channel * 2)),
  );
  return file;
}
