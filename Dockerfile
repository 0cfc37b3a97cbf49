# Installs the packages in one stage, and runs in another that cannot install anything.
FROM python:3.13-slim-trixie AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv --without-pip /opt/phonetree \
 && pip --python /opt/phonetree/bin/python install --no-cache-dir --only-binary :all: --no-binary readability -r requirements.txt

FROM python:3.13-slim-trixie
RUN pip uninstall --yes pip \
 && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin phonetree
WORKDIR /srv/phonetree
COPY --from=build /opt/phonetree /opt/phonetree
COPY app.py ./
COPY phonetree ./phonetree
RUN python -m compileall -q app.py phonetree
COPY config ./config
ENV PATH=/opt/phonetree/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
CMD ["python", "-m", "phonetree", "serve", "--host", "0.0.0.0", "--port", "8080"]
