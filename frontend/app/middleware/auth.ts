/** For pages that make no sense to a guest. */
export default defineNuxtRouteMiddleware(async (to) => {
  const user = await useSession().ready();
  if (!user) return navigateTo({ path: "/login", query: { to: to.fullPath } });
});
