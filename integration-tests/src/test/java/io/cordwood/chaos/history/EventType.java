package io.cordwood.chaos.history;

/** What is known of an operation at an {@link Event}. */
public enum EventType {
    /** It begins; of its results nothing is known. A fault sets in. */
    INVOKE,
    /** It took effect, and its results are those of the event. A fault is over. */
    OK,
    /** It took no effect and never will. */
    FAIL,
    /** Its outcome is unknown: it took effect, or will later, or never does. */
    INFO
}
