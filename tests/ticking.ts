import { systemRuntime, type Runtime } from "../core/runtime.ts";

/** A clock that never says the same twice: what happens one after the other is dated so. */
export function tickingRuntime(): Runtime {
  const system = systemRuntime();
  let last = 0;
  return { ...system, now: () => (last = Math.max(last + 1, system.now())) };
}
