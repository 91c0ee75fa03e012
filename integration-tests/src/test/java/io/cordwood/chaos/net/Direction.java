package io.cordwood.chaos.net;

/**
 * What travels from one party to another, whichever of the two opened the connection.
 *
 * @param from a node's id, or {@link #CLIENTS} for all who are no node
 * @param to the same
 */
public record Direction(int from, int to) {
    public static final int CLIENTS = 0;

    public Direction {
        if (from < CLIENTS || to < CLIENTS) {
            throw new IllegalArgumentException("from " + from + " to " + to + ": ids begin at " + CLIENTS);
        }
    }

    public Direction reversed() {
        return new Direction(to, from);
    }

    boolean isBetween(Direction other) {
        return equals(other) || equals(other.reversed());
    }

    @Override
    public String toString() {
        return name(from) + ">" + name(to);
    }

    private static String name(int party) {
        return party == CLIENTS ? "clients" : Integer.toString(party);
    }
}
