/** Times as people read them at night: by the clock on the wall, and how long ago. */

const two = (n: number) => String(n).padStart(2, "0");

/** "2026-11-23 07:43:58" in local time; with `millis` ".123" behind it. */
export function local(at: number, { millis = false } = {}): string {
  const time = new Date(at);
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${date} ${clock}${millis ? `.${String(time.getMilliseconds()).padStart(3, "0")}` : ""}`;
}

const UNITS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
] as const;

/** "850 ms", "1.2 s", "3 min 20 s", "2 h 5 min", "4 d 3 h": two units at most. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const first = UNITS.findIndex(([size]) => ms >= size);
  const [size, unit] = UNITS[first]!;
  const whole = `${Math.floor(ms / size)} ${unit}`;
  const smaller = UNITS[first + 1];
  const rest = smaller ? Math.floor((ms % size) / smaller[0]) : 0;
  return rest ? `${whole} ${rest} ${smaller![1]}` : whole;
}

/** "3 min 20 s ago", "in 2 h", "now". */
export function relative(at: number, now: number): string {
  const ms = at - now;
  if (Math.abs(ms) < 1000) return "now";
  return ms < 0 ? `${span(-ms)} ago` : `in ${span(ms)}`;
}

/** Both: "2026-11-23 07:43:58 (3 min ago)". */
export const when = (at: number, now: number): string => `${local(at)} (${relative(at, now)})`;
