// Whether a host is the machine that we run on, by its name. Called where an address is weighed. Pure.

/** `host` or `host:port`; an address of IPv6 stands in brackets. */
export function isOwnMachine(host: string): boolean {
  return /^(([^:/]+\.)?localhost|127(\.\d{1,3}){3}|0\.0\.0\.0|\[::1\]|\[::ffff:(127\.[\d.]+|7f[\da-f]{2}:[\da-f]{1,4})\])(:\d+)?$/i.test(
    host,
  );
}
