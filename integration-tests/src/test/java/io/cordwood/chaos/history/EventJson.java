package io.cordwood.chaos.history;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import io.cordwood.client.TopicPartition;
import java.io.IOException;
import java.io.StringReader;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An event as one JSON object on one line, and back.
 *
 * <pre>{"t":1200,"process":"p3","op":17,"type":"OK","kind":"Produce","what":{"partition":"orders-0",...},"detail":"..."}</pre>
 *
 * <p>{@code kind} is the simple name of the operation's record, and {@code what} has its components; absent
 * is {@code null}. Partitions and values are texts as they print, a record that was read is {@code
 * [offset,value]}.
 *
 * <p>Invariant: {@code parse(line(event))} equals {@code event}. Texts that come again and again are held
 * once, because a run has millions of events.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class EventJson {
    private static final Map<String, Class<?>> KINDS = concreteKinds(Operation.class)
            .distinct()
            .collect(Collectors.toUnmodifiableMap(Class::getSimpleName, Function.identity()));

    private final Map<String, String> names = new HashMap<>();
    private final Map<Value, Value> values = new HashMap<>();
    private final Map<String, TopicPartition> partitions = new HashMap<>();
    private final Gson gson = new GsonBuilder()
            .registerTypeAdapter(Value.class, new ValueAdapter())
            .registerTypeAdapter(Seen.class, new SeenAdapter())
            .registerTypeAdapter(TopicPartition.class, new PartitionAdapter())
            .disableHtmlEscaping()
            .create();
    private final TypeAdapter<Event> events = new EventAdapter();

    String line(Event event) {
        return events.toJson(event);
    }

    /** @throws IOException where the text is not one event */
    Event parse(String line) throws IOException {
        try (var reader = new JsonReader(new StringReader(line))) {
            var event = events.read(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new IOException("more than one object");
            }
            return event;
        } catch (RuntimeException e) {
            // What a record's constructor or Gson refuses comes out as many types, up to plain RuntimeException.
            throw new IOException("not an event: " + e.getMessage(), e);
        }
    }

    private static Stream<Class<?>> concreteKinds(Class<?> type) {
        return type.isRecord()
                ? Stream.of(type)
                : Arrays.stream(type.getPermittedSubclasses()).flatMap(EventJson::concreteKinds);
    }

    private String held(String text) {
        var earlier = names.putIfAbsent(text, text);
        return earlier == null ? text : earlier;
    }

    /** The envelope. Its fields come in the order in which they are written. */
    private final class EventAdapter extends TypeAdapter<Event> {
        @Override
        public void write(JsonWriter out, Event event) throws IOException {
            out.setSerializeNulls(false);
            out.beginObject();
            out.name("t").value(event.nanos());
            out.name("process").value(event.process());
            out.name("op").value(event.operation());
            out.name("type").value(event.type().name());
            out.name("kind").value(event.what().getClass().getSimpleName());
            out.name("what");
            gson.toJson(event.what(), event.what().getClass(), out);
            if (!event.detail().isEmpty()) {
                out.name("detail").value(event.detail());
            }
            out.endObject();
        }

        @Override
        public Event read(JsonReader in) throws IOException {
            in.beginObject();
            long nanos = named(in, "t").nextLong();
            var process = held(named(in, "process").nextString());
            long operation = named(in, "op").nextLong();
            var type = EventType.valueOf(named(in, "type").nextString());
            var kind = named(in, "kind").nextString();
            var what = operation(named(in, "what"), kind);
            var detail = in.peek() == JsonToken.NAME ? held(named(in, "detail").nextString()) : "";
            in.endObject();
            return new Event(nanos, process, operation, type, what, detail);
        }

        private Operation operation(JsonReader in, String kind) throws IOException {
            var type = KINDS.get(kind);
            if (type == null) {
                throw new IOException("kind '" + kind + "' is none of " + KINDS.keySet());
            }
            Operation what = gson.fromJson(in, type);
            return Objects.requireNonNull(what, "what");
        }

        private static JsonReader named(JsonReader in, String expected) throws IOException {
            var found = in.nextName();
            if (!found.equals(expected)) {
                throw new IOException("field '" + expected + "' expected, found '" + found + "'");
            }
            return in;
        }
    }

    private final class ValueAdapter extends TypeAdapter<Value> {
        @Override
        public void write(JsonWriter out, Value value) throws IOException {
            out.value(value.toString());
        }

        @Override
        public Value read(JsonReader in) throws IOException {
            var parsed = Value.parse(in.nextString());
            var earlier = values.get(parsed);
            if (earlier != null) {
                return earlier;
            }
            var kept = new Value(held(parsed.producer()), parsed.number());
            values.put(kept, kept);
            return kept;
        }
    }

    private final class SeenAdapter extends TypeAdapter<Seen> {
        @Override
        public void write(JsonWriter out, Seen seen) throws IOException {
            out.beginArray().value(seen.offset()).value(seen.value().toString()).endArray();
        }

        @Override
        public Seen read(JsonReader in) throws IOException {
            in.beginArray();
            var seen = new Seen(in.nextLong(), gson.getAdapter(Value.class).read(in));
            in.endArray();
            return seen;
        }
    }

    private final class PartitionAdapter extends TypeAdapter<TopicPartition> {
        @Override
        public void write(JsonWriter out, TopicPartition partition) throws IOException {
            out.value(partition.toString());
        }

        @Override
        public TopicPartition read(JsonReader in) throws IOException {
            return partitions.computeIfAbsent(in.nextString(), text -> {
                int dash = text.lastIndexOf('-');
                return new TopicPartition(text.substring(0, dash), Integer.parseInt(text.substring(dash + 1)));
            });
        }
    }
}
