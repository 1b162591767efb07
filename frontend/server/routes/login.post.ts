import { returnPath } from "../../app/utils/return-path";
import { formHandler, withQuery } from "../utils/form";

export default formHandler(
  async ({ field, shop }) => {
    await shop("auth.signin", { email: field("email").trim(), password: field("password") });
    return returnPath(field("to"));
  },
  ({ field }) => withQuery("/login", "to", returnPath(field("to"))),
);
