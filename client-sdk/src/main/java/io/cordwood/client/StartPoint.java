package io.cordwood.client;

/**
 * Where to begin reading a partition. Prints as the words of the API: {@code earliest}, {@code latest}, {@code 42},
 * {@code last:10}.
 *
 * <p><b>Thread:</b> immutable.
 */
public sealed interface StartPoint {
    /** The first record that is kept. */
    static StartPoint earliest() {
        return new Earliest();
    }

    /** The records that are committed from now on. */
    static StartPoint latest() {
        return new Latest();
    }

    /** This offset. */
    static StartPoint offset(long offset) {
        return new AtOffset(offset);
    }

    /** The newest {@code count} records of each partition, or fewer where it holds fewer, and what follows. */
    static StartPoint last(long count) {
        return new Last(count);
    }

    /**
     * Reads {@code earliest}, {@code latest}, an offset or {@code last:N}.
     *
     * @throws CordwoodException INVALID_ARGUMENT for anything else
     */
    static StartPoint parse(String text) {
        return switch (text) {
            case "earliest" -> earliest();
            case "latest" -> latest();
            default ->
                text.startsWith("last:")
                        ? last(number(text, text.substring("last:".length())))
                        : offset(number(text, text));
        };
    }

    private static long number(String text, String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw CordwoodException.invalid(
                    ErrorCode.INVALID_ARGUMENT, "start", text, "earliest, latest, an offset or last:N");
        }
    }

    record Earliest() implements StartPoint {
        @Override
        public String toString() {
            return "earliest";
        }
    }

    record Latest() implements StartPoint {
        @Override
        public String toString() {
            return "latest";
        }
    }

    record AtOffset(long offset) implements StartPoint {
        public AtOffset {
            if (offset < 0) {
                throw CordwoodException.invalid(ErrorCode.INVALID_ARGUMENT, "start", offset, "an offset from 0");
            }
        }

        @Override
        public String toString() {
            return Long.toString(offset);
        }
    }

    record Last(long count) implements StartPoint {
        public Last {
            if (count < 0) {
                throw CordwoodException.invalid(ErrorCode.INVALID_ARGUMENT, "start", "last:" + count, "last:N from 0");
            }
        }

        @Override
        public String toString() {
            return "last:" + count;
        }
    }
}
