package io.cordwood.server.http;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.ErrorInfo;

/**
 * Messages as JSON on one line.
 *
 * <p><b>Thread:</b> any; no state.
 *
 * <p><b>Source:</b> the JSON mapping of proto3: numbers of 64 bits are strings, names are in camel case.
 */
final class ProtoJson {
    /** What may lie in the details of an error: the file of ErrorInfo has all the others. */
    private static final TypeRegistry DETAILS =
            TypeRegistry.newBuilder().add(ErrorInfo.getDescriptor()).build();

    private static final JsonFormat.Printer COMPACT =
            JsonFormat.printer().usingTypeRegistry(DETAILS).omittingInsignificantWhitespace();
    private static final JsonFormat.Printer WHOLE = COMPACT.alwaysPrintFieldsWithNoPresence();

    private ProtoJson() {}

    /**
     * With every field that cannot be absent: a 0 is a 0 and an empty list an empty list, as scripts
     * expect.
     */
    static String whole(Message message) {
        return print(WHOLE, message);
    }

    /** Without empty fields. */
    static String compact(Message message) {
        return print(COMPACT, message);
    }

    private static String print(JsonFormat.Printer printer, Message message) {
        try {
            return printer.print(message);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(
                    "no JSON for " + message.getDescriptorForType().getFullName(), e);
        }
    }
}
