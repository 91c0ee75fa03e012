package io.cordwood.server.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * A host and a port.
 *
 * <p>Invariant: the host is not empty, the port is in 1..65535. An IPv6 host is kept without its brackets.
 *
 * <p><b>Thread:</b> immutable.
 */
public record Endpoint(String host, int port) {
    static final String FORM = "HOST:PORT with a port in 1..65535, an IPv6 host in brackets";
    private static final int PORT_MAX = 65_535;

    public Endpoint {
        if (host.isEmpty() || port < 1 || port > PORT_MAX) {
            throw new IllegalArgumentException("host '" + host + "', port " + port + ": need " + FORM);
        }
    }

    /** @throws IllegalArgumentException when the text is not {@code HOST:PORT} */
    public static Endpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException(FORM);
        }
        return new Endpoint(hostOf(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
    }

    public InetSocketAddress socketAddress() {
        return new InetSocketAddress(host, port);
    }

    boolean isWildcard() {
        return resolved().map(InetAddress::isAnyLocalAddress).orElse(false);
    }

    boolean isLoopback() {
        return resolved().map(InetAddress::isLoopbackAddress).orElse(false);
    }

    /** Whether only one of two listeners could bind. */
    boolean collidesWith(Endpoint other) {
        return port == other.port
                && (isWildcard() || other.isWildcard() || resolved().equals(other.resolved()));
    }

    Optional<InetAddress> resolved() {
        try {
            return Optional.of(InetAddress.getByName(host));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private static String hostOf(String text) {
        boolean bracketed = text.startsWith("[") && text.endsWith("]");
        var host = bracketed ? text.substring(1, text.length() - 1) : text;
        if ((!bracketed && host.indexOf(':') >= 0) || host.chars().anyMatch(c -> c <= ' ' || c == '@' || c == '/')) {
            throw new IllegalArgumentException(FORM);
        }
        return host;
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
