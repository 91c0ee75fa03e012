package io.cordwood.raft;

import io.cordwood.metadata.MetadataResult;
import io.cordwood.proto.internal.v1.Done;
import io.cordwood.proto.internal.v1.ProducerIdBlock;
import io.cordwood.proto.internal.v1.Refused;
import io.cordwood.proto.internal.v1.Result;

/** Metadata results to protobuf messages and back. Stateless. */
final class ResultMessages {
    private ResultMessages() {}

    static Result of(MetadataResult result) {
        var message = Result.newBuilder();
        if (result instanceof MetadataResult.Done done) {
            message.setDone(Done.newBuilder().setIndex(done.index()));
        } else if (result instanceof MetadataResult.ProducerIdBlock block) {
            message.setProducerIds(ProducerIdBlock.newBuilder()
                    .setIndex(block.index())
                    .setStart(block.start())
                    .setEnd(block.end()));
        } else if (result instanceof MetadataResult.GroupAnswer answer) {
            message.setGroupAnswer(GroupMessages.of(answer));
        } else if (result instanceof MetadataResult.Refused refused) {
            message.setRefused(Refused.newBuilder()
                    .setReason(refused.reason().name())
                    .setField(refused.field())
                    .setValue(refused.value())
                    .setLimit(refused.limit()));
        } else {
            throw new IllegalStateException("no message for " + result.getClass());
        }
        return message.build();
    }

    static MetadataResult parse(Result message) {
        return switch (message.getKindCase()) {
            case DONE -> new MetadataResult.Done(message.getDone().getIndex());
            case PRODUCER_IDS ->
                new MetadataResult.ProducerIdBlock(
                        message.getProducerIds().getIndex(),
                        message.getProducerIds().getStart(),
                        message.getProducerIds().getEnd());
            case GROUP_ANSWER -> GroupMessages.parse(message.getGroupAnswer());
            case REFUSED ->
                new MetadataResult.Refused(
                        MetadataResult.Reason.valueOf(message.getRefused().getReason()),
                        message.getRefused().getField(),
                        message.getRefused().getValue(),
                        message.getRefused().getLimit());
            case KIND_NOT_SET ->
                throw new NewerFormatException(
                        "metadata result of a kind that this program does not know: run a newer one");
        };
    }
}
