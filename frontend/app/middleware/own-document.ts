/**
 * The checkout is loaded as a document of its own, never drawn into the one before it: the rules on which scripts may run
 * come with the document, and those of the checkout alone let Stripe's in.
 */
export default defineNuxtRouteMiddleware((to, from) => {
  if (import.meta.server || useNuxtApp().isHydrating || to.path === from.path) return;
  // Not `navigateTo` with `external`: it ends the app behind it, which the browser's own way back would show again, dead.
  location.assign(to.fullPath);
  return abortNavigation();
});
