package io.cordwood.server.config;

import java.util.List;

/**
 * The settings cannot be used.
 *
 * <p>Invariant: holds every problem found, one line each, in the order of the settings.
 */
public final class ConfigException extends Exception {
    private final List<String> problems;

    public ConfigException(List<String> problems) {
        super(String.join("\n", problems));
        if (problems.isEmpty()) {
            throw new IllegalArgumentException("no problem given");
        }
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }
}
