"""Frame sources: cameras on the vehicle (V4L2, RTSP) and recordings (video file, image folder).

Every source is a generator in the shape of :class:`~alpr_edge.domain.ports.FrameSource`: it opens when iteration
starts and releases when iteration ends, however that comes about. Devices are wrapped in
:class:`~alpr_edge.capture.reopener.Reopener`, recordings are not: they end.
"""
