package io.cordwood.client;

/**
 * An address. IPv6 hosts are in brackets: {@code [::1]:9090}.
 *
 * @param host as given, brackets included
 * @param port from 1 to 65535
 */
record HostPort(String host, int port) {
    private static final int MAX_PORT = 65_535;

    /** @throws CordwoodException INVALID_ARGUMENT that names the field */
    static HostPort parse(String field, String text) {
        int colon = text.lastIndexOf(':');
        int port = colon < 0 ? -1 : portOf(text.substring(colon + 1));
        boolean bare = colon > 0
                && text.indexOf(':') < colon
                && !text.substring(0, colon).endsWith("]");
        if (colon < 1 || bare || port < 1 || port > MAX_PORT) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_ARGUMENT, field, '"' + text + '"', "host:port with a port from 1 to " + MAX_PORT);
        }
        return new HostPort(text.substring(0, colon), port);
    }

    private static int portOf(String digits) {
        try {
            return Integer.parseInt(digits);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
