package io.cordwood.chaos.planted;

/**
 * The one method that a bug changes.
 *
 * <p><b>Thread:</b> immutable.
 *
 * @param className binary name
 * @param descriptor of its parameters and its result, as the JVM writes them
 */
record Seam(String className, String method, String descriptor) {
    /** As a transformer is told it. */
    String internalName() {
        return className.replace('.', '/');
    }

    @Override
    public String toString() {
        return className + "." + method + descriptor;
    }
}
