package io.cordwood.chaos.history;

/**
 * What a record carries: who made it and the how manieth of that producer it is. Together with its topic and
 * partition no two records have the same, so whoever reads one knows which operation it came from.
 *
 * <p>Prints as {@code p3-000123}, which is also the payload of the record and the text in the history.
 *
 * @param producer without a process's incarnation: a producer that starts anew takes another name
 */
public record Value(String producer, long number) {
    private static final String FOREIGN = "?";
    private static final int DIGITS_MIN = 6;
    /** So many fit into a {@code long}. */
    private static final int DIGITS_MAX = 18;

    public Value {
        if (producer.isEmpty() || number < 0) {
            throw new IllegalArgumentException("producer '" + producer + "' and number " + number);
        }
    }

    /**
     * Takes any text. One that no producer writes becomes number 0 of a producer that nobody is, whose name
     * shows the text: damaged bytes belong into the history, for a checker to report.
     */
    public static Value parse(String text) {
        int dash = text.lastIndexOf('-');
        int digits = text.length() - dash - 1;
        if (dash < 1 || digits < 1 || digits > DIGITS_MAX) {
            return new Value(FOREIGN + text, 0);
        }
        long number = 0;
        for (int i = dash + 1; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return new Value(FOREIGN + text, 0);
            }
            number = number * 10 + digit;
        }
        return new Value(text.substring(0, dash), number);
    }

    @Override
    public String toString() {
        // By hand: a history has many millions of these.
        var digits = Long.toString(number);
        return producer + "-" + "0".repeat(Math.max(0, DIGITS_MIN - digits.length())) + digits;
    }
}
