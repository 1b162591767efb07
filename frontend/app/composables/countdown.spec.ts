import { mountSuspended } from "@nuxt/test-utils/runtime";
import { expect, test } from "vitest";

test("counts by the server's clock, and speaks three times, also when it missed the very second", async () => {
  const now = useNow();
  const at = (seconds: number) => {
    now.value = Date.parse("2026-11-23T12:00:00Z") - seconds * 1000;
    return nextTick();
  };
  await at(125);
  let spoken = "";
  const drawn = await mountSuspended({
    setup() {
      const countdown = useCountdown(() => "2026-11-23T12:00:00Z");
      watch(countdown.spoken, (words) => (spoken = words), { flush: "sync" });
      return () => h("p", countdown.shown.value);
    },
  });
  const heard: string[] = [];
  for (const seconds of [125, 61, 59, 58, 30, 29, 9, 8, 0, -5]) {
    spoken = "";
    await at(seconds);
    if (spoken) heard.push(spoken);
  }
  expect(heard).toEqual(["59 seconds left to pay", "30 seconds left to pay", "9 seconds left to pay"]);
  expect(drawn.text()).toBe("0:00");
});
