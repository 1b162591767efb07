// Preloaded into every process of the cluster: it stops when the one that started it is gone, however that died.

/** A process that has not stopped by then is ended, ms. Its own bound is 4.5 s. */
const STOP_WITHIN = 8000;

process.once("disconnect", () => {
  // As if it were told to. While the shop's own handler is not there yet, this ends it at once.
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(1), STOP_WITHIN).unref();
});
// Listening holds a process open, and the channel must not.
process.channel?.unref();
