import type { User } from "~/utils/types";

/** Set in the browser alone: on the server a module is shared by all requests. */
let asked: Promise<User | null> | undefined;

/**
 * Who is signed in: undefined while unknown. Public pages are rendered for nobody in particular and shared by all
 * readers, so the browser asks once after it has taken over. Only pages of one person ask on the server.
 */
export function useSession() {
  const user = useState<User | null | undefined>("user", () => undefined);
  const { $shop } = useNuxtApp();
  const holds = useHolds();

  /** Resolves with the user; asks the server only once, unless `again`. Unreachable counts as signed out, for now. */
  function ready(again = false): Promise<User | null> {
    if (asked && !again) return asked;
    const answer = $shop("auth.me", {}).then(
      (reply) => (user.value = reply.user),
      () => {
        asked = undefined;
        return (user.value = null);
      },
    );
    if (import.meta.client) asked = answer;
    return answer;
  }

  async function enter(reply: Promise<{ user: User }>): Promise<void> {
    user.value = (await reply).user;
    asked = Promise.resolve(user.value);
  }

  /** The session is over: nothing of its user stays on this screen. */
  function forget(): void {
    user.value = null;
    asked = Promise.resolve(null);
    holds.clear();
  }

  async function signOut(): Promise<void> {
    await $shop("auth.signout", {});
    forget();
  }

  return {
    user,
    ready,
    forget,
    signOut,
    signIn: (email: string, password: string) => enter($shop("auth.signin", { email, password })),
    signUp: (email: string, password: string, name: string) => enter($shop("auth.signup", { email, password, name })),
  };
}
