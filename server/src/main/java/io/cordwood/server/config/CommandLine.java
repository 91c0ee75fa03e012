package io.cordwood.server.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The arguments, taken apart: {@code --key=value}, {@code --key value}, a boolean alone, {@code --config FILE},
 * {@code --help}. Values are not looked at.
 *
 * <p><b>Thread:</b> immutable.
 */
record CommandLine(Map<String, String> flags, @Nullable String configFile, boolean help, List<String> problems) {
    static final String CONFIG = "config";
    private static final String HELP = "help";

    CommandLine {
        flags = Map.copyOf(flags);
        problems = List.copyOf(problems);
    }

    static CommandLine parse(List<String> arguments) {
        var flags = new LinkedHashMap<String, String>();
        var problems = new ArrayList<String>();
        for (int i = 0; i < arguments.size(); i++) {
            var argument = arguments.get(i);
            if (!argument.startsWith("--")) {
                problems.add(argument + ": not a flag; write --key=value");
                continue;
            }
            int equals = argument.indexOf('=');
            var key = argument.substring(2, equals < 0 ? argument.length() : equals);
            String value = equals < 0 ? null : argument.substring(equals + 1);
            if (value == null && takesValue(key) && i + 1 < arguments.size() && isValue(arguments.get(i + 1))) {
                value = arguments.get(++i);
            }
            put(key, value, flags, problems);
        }
        boolean help = flags.remove(HELP) != null;
        return new CommandLine(flags, flags.remove(CONFIG), help, problems);
    }

    private static void put(String key, @Nullable String value, Map<String, String> flags, List<String> problems) {
        if (value == null && takesValue(key)) {
            problems.add("--" + key + ": a value is missing; " + allowed(key));
        } else if (flags.putIfAbsent(key, value == null ? "true" : value) != null) {
            problems.add("--" + key + " = \"" + value + "\": given twice; write it once");
        }
    }

    private static String allowed(String key) {
        var setting = Settings.BY_KEY.get(key);
        return setting == null ? "write --key=value" : "expected " + setting.allowed();
    }

    private static boolean takesValue(String key) {
        return !key.equals(HELP) && !key.equals(Settings.INSECURE.key()) && !key.equals(Settings.UNSAFE_FLUSH.key());
    }

    private static boolean isValue(String argument) {
        return !argument.startsWith("--");
    }
}
