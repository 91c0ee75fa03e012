package io.cordwood.client;

/**
 * What an application does with a record. It may take as long as it likes: nothing times it out.
 *
 * <p><b>Thread:</b> the consumer's workers, many at a time; records of one key one after the other.
 */
@FunctionalInterface
public interface RecordHandler {
    /** Returns when the record is done with; whatever it throws is a failure of the record. */
    void handle(ConsumedRecord record) throws Exception;
}
