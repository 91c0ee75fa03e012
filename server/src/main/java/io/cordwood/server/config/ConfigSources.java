package io.cordwood.server.config;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.source.yaml.YamlConfigSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where values come from: flags over environment over file over defaults. Collects every problem it meets.
 *
 * <p><b>Thread:</b> one, at start.
 */
final class ConfigSources {
    private static final String PREFIX = "cordwood.";
    private static final String ENVIRONMENT_PREFIX = "CORDWOOD_";
    private static final String CONFIG_VARIABLE = ENVIRONMENT_PREFIX + "CONFIG";
    /**
     * No setting: the log begins before the settings are read. {@code logback.xml} names the files for
     * these values.
     */
    private static final String LOG_FORMAT_VARIABLE = ENVIRONMENT_PREFIX + "LOG_FORMAT";

    private static final Set<String> LOG_FORMATS = Set.of("text", "json");
    /** Read by the launcher, which passes its own environment on, or by the compose file. */
    private static final Set<String> FOREIGN_VARIABLES = Set.of(
            "CORDWOOD_BOOTSTRAP",
            "CORDWOOD_CLI_OPTS",
            "CORDWOOD_JVM_OPTS",
            "CORDWOOD_HOME",
            "CORDWOOD_HOST",
            "CORDWOOD_PUBLISH",
            "CORDWOOD_IMAGE");

    private static final int FLAG_ORDINAL = 400;
    private static final int ENVIRONMENT_ORDINAL = 300;
    private static final int FILE_ORDINAL = 200;

    private final List<String> problems = new ArrayList<>();
    private final SmallRyeConfig values;
    private final @Nullable String file;

    ConfigSources(CommandLine commandLine, Map<String, String> environment) {
        problems.addAll(commandLine.problems());
        refuseUnknown(commandLine.flags(), "flag --%s");
        refuseUnknownVariables(environment);
        file = commandLine.configFile() != null ? commandLine.configFile() : environment.get(CONFIG_VARIABLE);
        var fileValues = file == null ? Map.<String, String>of() : readFile(file);
        refuseUnknown(fileValues, "key %s in " + file);
        values = new SmallRyeConfigBuilder()
                .withSources(
                        new PropertiesConfigSource(prefixed(commandLine.flags()), "flag", FLAG_ORDINAL),
                        new EnvConfigSource(cordwoodOnly(environment), ENVIRONMENT_ORDINAL),
                        new PropertiesConfigSource(prefixed(fileValues), "file " + file, FILE_ORDINAL))
                .build();
    }

    List<String> problems() {
        return problems;
    }

    void problem(Setting<?> setting, Object value, String rule) {
        problems.add(setting.key() + " = \"" + value + "\": " + rule);
    }

    /** Whether any source names it, with a good value or a bad one. */
    boolean isGiven(Setting<?> setting) {
        return values.getConfigValue(PREFIX + setting.key()).getValue() != null;
    }

    /** The value or the default; empty where there is neither, or the value is not allowed, which is then noted. */
    <T> Optional<T> read(Setting<T> setting) {
        var found = values.getConfigValue(PREFIX + setting.key());
        var text = found.getValue() == null ? setting.defaultText() : found.getValue();
        if (text == null) {
            if (setting.required()) {
                problems.add(setting.key() + ": missing; expected " + setting.allowed() + " (as --" + setting.key()
                        + " or in " + variable(setting) + ")");
            }
            return Optional.empty();
        }
        try {
            return Optional.of(setting.parser().apply(text));
        } catch (IllegalArgumentException e) {
            problem(setting, text, "expected " + setting.allowed() + " (from " + source(setting, found) + ")");
            return Optional.empty();
        }
    }

    /** In the words of who wrote it, not in those of the library. */
    private String source(Setting<?> setting, ConfigValue found) {
        return switch (found.getConfigSourceOrdinal()) {
            case FLAG_ORDINAL -> "flag --" + setting.key();
            case ENVIRONMENT_ORDINAL -> "environment " + variable(setting);
            default -> "file " + file;
        };
    }

    private void refuseUnknown(Map<String, String> given, String place) {
        for (var entry : new TreeMap<>(given).entrySet()) {
            if (!Settings.BY_KEY.containsKey(entry.getKey())) {
                problems.add(String.format(Locale.ROOT, place, entry.getKey()) + " = \"" + entry.getValue()
                        + "\": no such setting; --help lists them" + hint(entry.getKey()));
            }
        }
    }

    private static String hint(String key) {
        var bare = key.startsWith(PREFIX) ? key.substring(PREFIX.length()) : key.replaceFirst("\\[\\d+]$", "");
        return Settings.BY_KEY.containsKey(bare) && !bare.equals(key) ? "; write " + bare : "";
    }

    private void refuseUnknownVariables(Map<String, String> environment) {
        var known = Settings.ALL.stream().map(ConfigSources::variable).collect(Collectors.toSet());
        for (var name : new TreeMap<>(cordwoodOnly(environment)).keySet()) {
            if (name.equals(LOG_FORMAT_VARIABLE)) {
                checkLogFormat(environment.get(name));
            } else if (!known.contains(name) && !name.equals(CONFIG_VARIABLE) && !FOREIGN_VARIABLES.contains(name)) {
                problems.add("environment " + name + " = \"" + environment.get(name)
                        + "\": no such setting; --help lists them");
            }
        }
    }

    private void checkLogFormat(@Nullable String value) {
        if (value != null && !LOG_FORMATS.contains(value)) {
            problems.add("environment " + LOG_FORMAT_VARIABLE + " = \"" + value + "\": expected text or json");
        }
    }

    private Map<String, String> readFile(String file) {
        try {
            var yaml = new YamlConfigSource(file, Files.readString(Path.of(file)), FILE_ORDINAL);
            var values = new TreeMap<String, String>();
            // The library quotes keys that are written with dots in place of nesting.
            yaml.getProperties().forEach((key, value) -> put(key.replace("\"", ""), value, file, values));
            return values;
        } catch (IOException e) {
            problems.add("config = \"" + file + "\": expected a readable YAML file (" + e + ")");
        } catch (RuntimeException e) {
            // The parser of the library throws its own unchecked types for malformed YAML.
            problems.add("config = \"" + file + "\": expected YAML (" + firstLine(e.getMessage()) + ")");
        }
        return Map.of();
    }

    private void put(String key, String value, String file, Map<String, String> values) {
        if (values.putIfAbsent(key, value) != null) {
            problems.add(key + " = \"" + value + "\": given twice in " + file + "; write it once");
        }
    }

    private static String firstLine(@Nullable String text) {
        return text == null ? "no reason given" : text.lines().findFirst().orElse("");
    }

    private static String variable(Setting<?> setting) {
        return (PREFIX + setting.key()).replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }

    private static Map<String, String> cordwoodOnly(Map<String, String> environment) {
        var own = new HashMap<>(environment);
        own.keySet().removeIf(name -> !name.startsWith(ENVIRONMENT_PREFIX));
        return own;
    }

    private static Map<String, String> prefixed(Map<String, String> given) {
        return given.entrySet().stream()
                .collect(Collectors.toMap(entry -> PREFIX + entry.getKey(), Map.Entry::getValue));
    }
}
