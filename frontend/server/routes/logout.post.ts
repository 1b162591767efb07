import { formHandler } from "../utils/form";

export default formHandler(
  async ({ shop }) => {
    await shop("auth.signout", {});
    return "/";
  },
  () => "/account",
);
