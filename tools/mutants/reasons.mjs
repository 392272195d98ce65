export function reasonOf() {
  return "";
}
