import { expect, test } from "@jest/globals";
import { Flights } from "./flights.ts";

test("work under way is shared by key, and begun anew once it has ended, well or badly", async () => {
  const flights = new Flights<number>();
  const begun: string[] = [];
  const fly = (key: string, end: Promise<void>) =>
    flights.run(key, async () => {
      const number = begun.push(key);
      await end;
      return number;
    });
  const { promise: landing, resolve: land } = Promise.withResolvers<void>();
  const flying = [fly("a", landing), fly("a", landing), fly("b", landing)];
  land();
  expect(await Promise.all(flying)).toEqual([1, 1, 2]);

  const crash = Promise.reject(new Error("It fell"));
  const fallen = await Promise.allSettled([fly("a", crash), fly("a", crash)]);
  expect(fallen.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await fly("a", landing)).toBe(4);
});
