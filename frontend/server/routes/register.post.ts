import { returnPath } from "../../app/utils/return-path";
import { formHandler, withQuery } from "../utils/form";

export default formHandler(
  async ({ field, shop }) => {
    const [email, name] = [field("email").trim(), field("name").trim()];
    await shop("auth.signup", { email, name, password: field("password") });
    return returnPath(field("to"));
  },
  ({ field }) => withQuery("/register", "to", returnPath(field("to"))),
);
