/** Signing in, and what belongs to one person. */
export default {};
